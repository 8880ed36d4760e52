//! Limits on the number of clients, in total and per address.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{client_address::limited_address, config::Limits, lock::lock};

/// A limit for each address.
#[derive(Clone, Debug)]
pub struct AddressPermits {
    max: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A permit of an address, released when dropped.
#[derive(Debug)]
pub struct AddressPermit {
    address: Option<IpAddr>,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl AddressPermits {
    pub fn new(max: usize) -> Self {
        Self { max, taken: Arc::default() }
    }

    pub fn acquire(&self, address: IpAddr) -> Option<AddressPermit> {
        let address = limited_address(address);
        if let Some(address) = address {
            let mut taken = lock(&self.taken);
            let count = taken.entry(address).or_default();
            if *count >= self.max {
                return None;
            }
            *count += 1;
        }
        Some(AddressPermit { address, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for AddressPermit {
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

/// The limits on clients.
#[derive(Debug)]
pub struct ClientPermits {
    total: Arc<Semaphore>,
    addresses: AddressPermits,
}

/// A permit for one client, released when dropped.
#[derive(Debug)]
pub struct ClientPermit {
    _total: OwnedSemaphorePermit,
    _address: AddressPermit,
}

/// The limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermitError {
    /// The total number of clients.
    ServerFull,
    /// The number of clients of the address.
    AddressFull,
}

impl ClientPermits {
    pub fn new(limits: &Limits) -> Self {
        Self {
            total: Arc::new(Semaphore::new(limits.clients)),
            addresses: AddressPermits::new(limits.clients_per_address),
        }
    }

    pub fn acquire(&self, address: IpAddr) -> Result<ClientPermit, PermitError> {
        let total = Arc::clone(&self.total).try_acquire_owned().map_err(|_| PermitError::ServerFull)?;
        let address = self.addresses.acquire(address).ok_or(PermitError::AddressFull)?;
        Ok(ClientPermit { _total: total, _address: address })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permits_are_limited_per_address_and_released() {
        let permits = ClientPermits::new(&Limits::new().clients(5).clients_per_address(2));
        let [ada, bob, local] = ["192.0.2.1", "2001:db8::1", "127.0.0.1"].map(|address| address.parse().unwrap());
        let first = [permits.acquire(ada).unwrap(), permits.acquire(ada).unwrap()];
        assert_eq!(permits.acquire(ada).unwrap_err(), PermitError::AddressFull);
        let second = permits.acquire(bob).unwrap();
        let third = [permits.acquire(local).unwrap(), permits.acquire(local).unwrap()];
        assert_eq!(permits.acquire(local).unwrap_err(), PermitError::ServerFull);
        drop((first, third));
        assert!(permits.acquire(ada).is_ok());
        drop(second);
        assert!(lock(&permits.addresses.taken).is_empty());
        assert_eq!(permits.total.available_permits(), 5);
    }
}
