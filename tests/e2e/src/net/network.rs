//! Hosts that are connected by a switch, and failures of their links.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use super::namespace::Namespace;

/// The addresses of a network are in 10.77.0.0/24, which is private to the network.
const GATEWAY: u8 = 254;

/// A switch with links to its hosts, and without any other route.
#[derive(Debug)]
pub(crate) struct Network {
    switch: Namespace,
    /// The number that was last assigned to a port or an address.
    numbers: AtomicU8,
}

/// A host: a namespace with one link to the switch.
#[derive(Debug)]
pub(crate) struct Host {
    namespace: Namespace,
    /// The interface of the link at the switch.
    port: String,
    /// The last byte of the address.
    number: AtomicU8,
}

impl Network {
    pub(crate) fn new() -> Self {
        let switch = Namespace::new("switch");
        switch.ip("link add lan type bridge");
        switch.ip(&format!("addr add {}/24 dev lan", address(GATEWAY)));
        switch.ip("link set lan up");
        Self { switch, numbers: AtomicU8::new(0) }
    }

    /// Creates a host with a link to the switch, an address and a default route.
    pub(crate) fn host(&self, name: &str) -> Host {
        let number = self.number();
        let host =
            Host { namespace: Namespace::new(name), port: format!("port{number}"), number: AtomicU8::new(number) };
        let Host { namespace, port, .. } = &host;
        self.switch.ip(&format!("link add {port} type veth peer name eth0 netns {}", namespace.name()));
        self.switch.ip(&format!("link set {port} master lan up"));
        host.configure();
        host
    }

    /// Cuts the link of the host.
    pub(crate) fn cut(&self, host: &Host) {
        self.switch.ip(&format!("link set {} down", host.port));
    }

    /// Restores the link of the host.
    pub(crate) fn restore(&self, host: &Host) {
        self.switch.ip(&format!("link set {} up", host.port));
    }

    /// Isolates the host, or ends this. Isolated hosts cannot reach each other, but all other hosts.
    pub(crate) fn set_isolated(&self, host: &Host, isolated: bool) {
        let word = if isolated { "on" } else { "off" };
        self.switch.ip(&format!("link set {} type bridge_slave isolated {word}", host.port));
    }

    /// Replaces the address of the host.
    pub(crate) fn change_address(&self, host: &Host) {
        host.namespace.ip(&format!("addr del {}/24 dev eth0", host.address()));
        host.number.store(self.number(), Ordering::Relaxed);
        host.configure();
    }

    fn number(&self) -> u8 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Host {
    pub(crate) fn address(&self) -> Ipv4Addr {
        address(self.number.load(Ordering::Relaxed))
    }

    pub(crate) fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// Resets every connection of this host to that port, at both ends if the link works.
    pub(crate) fn reset_sockets(&self, port: u16) {
        let mut command = self.namespace.command(Path::new("ss"));
        command.args(["--no-header", "--tcp", "--kill", "state", "established", &format!("( dport = :{port} )")]);
        let output = command.output().expect("iproute2 has ss");
        // ss lists the closed sockets.
        let closed = String::from_utf8_lossy(&output.stdout).lines().count();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && closed > 0,
            "no socket was reset: {stderr}\nss requires a kernel with INET_DIAG_DESTROY"
        );
    }

    /// Assigns the address, and sets the interface and the default route up.
    fn configure(&self) {
        self.namespace.ip(&format!("addr add {}/24 dev eth0", self.address()));
        self.namespace.ip("link set eth0 up");
        self.namespace.ip(&format!("route replace default via {}", address(GATEWAY)));
    }
}

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 0, number)
}
