//! Hosts at a switch, and what can happen to the cables between.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use super::namespace::Namespace;

/// The addresses of a network are 10.77.0.0/24. No other network sees them.
const GATEWAY: u8 = 254;

/// A switch with cables to its hosts. It leads nowhere else.
#[derive(Debug)]
pub(crate) struct Network {
    switch: Namespace,
    /// The last number that was given out for a port or an address.
    numbers: AtomicU8,
}

/// A machine as far as its network goes.
#[derive(Debug)]
pub(crate) struct Host {
    namespace: Namespace,
    /// The switch's end of the cable.
    port: String,
    /// The end of its address.
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

    /// A new host with a cable to the switch, an address and a default route.
    pub(crate) fn host(&self, name: &str) -> Host {
        let number = self.number();
        let host =
            Host { namespace: Namespace::new(name), port: format!("port{number}"), number: AtomicU8::new(number) };
        let Host { namespace, port, .. } = &host;
        self.switch.ip(&format!("link add {port} type veth peer name eth0 netns {}", namespace.name()));
        self.switch.ip(&format!("link set {port} master lan up"));
        host.settle();
        host
    }

    /// Pulls the host's cable out of the switch.
    pub(crate) fn cut(&self, host: &Host) {
        self.switch.ip(&format!("link set {} down", host.port));
    }

    /// Puts it back.
    pub(crate) fn mend(&self, host: &Host) {
        self.switch.ip(&format!("link set {} up", host.port));
    }

    /// Separates the host from other separated hosts only, or ends this.
    pub(crate) fn keep_apart(&self, host: &Host, apart: bool) {
        let word = if apart { "on" } else { "off" };
        self.switch.ip(&format!("link set {} type bridge_slave isolated {word}", host.port));
    }

    /// Gives the host another address in place of the one it has.
    pub(crate) fn readdress(&self, host: &Host) {
        host.namespace.ip(&format!("addr del {}/24 dev eth0", host.address()));
        host.number.store(self.number(), Ordering::Relaxed);
        host.settle();
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

    /// Ends every connection from here to that port, as if both ends had been told so.
    pub(crate) fn reset_sockets(&self, port: u16) {
        let mut command = self.namespace.command(Path::new("ss"));
        command.args(["--no-header", "--tcp", "--kill", "state", "established", &format!("( dport = :{port} )")]);
        let output = command.output().expect("iproute2 has ss");
        // Those that were ended are listed.
        let ended = String::from_utf8_lossy(&output.stdout).lines().count();
        let why = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && ended > 0,
            "no socket was ended: {why}\nit takes a kernel with INET_DIAG_DESTROY"
        );
    }

    fn settle(&self) {
        self.namespace.ip(&format!("addr add {}/24 dev eth0", self.address()));
        self.namespace.ip("link set eth0 up");
        self.namespace.ip(&format!("route replace default via {}", address(GATEWAY)));
    }
}

fn address(number: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 0, number)
}
