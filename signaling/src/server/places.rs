//! How many clients there are, in all and of each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Limits, address, lock};

/// A bound for each address.
#[derive(Clone, Debug)]
pub struct Addresses {
    max: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One of an address, until dropped.
#[derive(Debug)]
pub struct Share {
    address: Option<IpAddr>,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Addresses {
    pub fn new(max: usize) -> Self {
        Self { max, taken: Arc::default() }
    }

    pub fn take(&self, address: IpAddr) -> Option<Share> {
        let address = address::counted(address);
        if let Some(address) = address {
            let mut taken = lock(&self.taken);
            let count = taken.entry(address).or_default();
            if *count >= self.max {
                return None;
            }
            *count += 1;
        }
        Some(Share { address, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut taken = lock(&self.taken);
        if let Some(count) = taken.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&address);
            }
        }
    }
}

/// The places for clients.
#[derive(Debug)]
pub struct Places {
    all: Arc<Semaphore>,
    addresses: Addresses,
}

/// One of them, free again when dropped.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
    _share: Share,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlace {
    /// For nobody.
    AtAll,
    /// For this address.
    ForAddress,
}

impl Places {
    pub fn new(limits: &Limits) -> Self {
        Self { all: Arc::new(Semaphore::new(limits.clients)), addresses: Addresses::new(limits.clients_per_address) }
    }

    pub fn take(&self, address: IpAddr) -> Result<Place, NoPlace> {
        let permit = Arc::clone(&self.all).try_acquire_owned().map_err(|_| NoPlace::AtAll)?;
        let share = self.addresses.take(address).ok_or(NoPlace::ForAddress)?;
        Ok(Place { _permit: permit, _share: share })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_nothing_is_left_behind() {
        let places = Places::new(&Limits { clients: 5, clients_per_address: 2, ..Limits::default() });
        let [ada, bob, here] = ["192.0.2.1", "2001:db8::1", "127.0.0.1"].map(|address| address.parse().unwrap());
        let first = [places.take(ada).unwrap(), places.take(ada).unwrap()];
        assert_eq!(places.take(ada).unwrap_err(), NoPlace::ForAddress);
        let second = places.take(bob).unwrap();
        let third = [places.take(here).unwrap(), places.take(here).unwrap()];
        assert_eq!(places.take(here).unwrap_err(), NoPlace::AtAll);
        drop((first, third));
        assert!(places.take(ada).is_ok());
        drop(second);
        assert!(lock(&places.addresses.taken).is_empty());
        assert_eq!(places.all.available_permits(), 5);
    }
}
