//! How long a call may sleep, and how long it has slept, in simulated time.

/// What a peer is given each time before it acts.
const NAP_NS: u64 = 1_000_000;

#[derive(Debug)]
pub struct Patience {
    /// `None` is no limit; 0 stands for a call that must not sleep, or may not any more.
    left_ns: Option<u64>,
    slept_ns: u64,
}

impl Patience {
    pub fn blocking_if(blocking: bool) -> Patience {
        Patience::limited((!blocking).then_some(0))
    }

    pub fn limited(left_ns: Option<u64>) -> Patience {
        Patience { left_ns, slept_ns: 0 }
    }

    pub fn is_over(&self) -> bool {
        self.left_ns == Some(0)
    }

    pub fn slept_ns(&self) -> u64 {
        self.slept_ns
    }

    /// Sleeps for a while, or where the peer will never act for as long as it may.
    pub fn sleep(&mut self, peer_acts: bool) {
        assert!(!self.is_over(), "a call sleeps longer than it may");
        let nap_ns = match self.left_ns {
            None => {
                assert!(peer_acts, "a call sleeps for ever: its peer does nothing");
                NAP_NS
            }
            Some(left_ns) if peer_acts => left_ns.min(NAP_NS),
            Some(left_ns) => left_ns,
        };
        self.left_ns = self.left_ns.map(|left_ns| left_ns - nap_ns);
        self.slept_ns += nap_ns;
    }
}
