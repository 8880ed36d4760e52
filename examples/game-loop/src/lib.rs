//! Two players in a loop of requestAnimationFrame that polls an unreliable data channel.
