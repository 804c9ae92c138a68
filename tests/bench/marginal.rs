//! The cost of one more member: a delivery must not cost more in a larger room.

use clap::Args;
use color_eyre::eyre::Result;

use crate::deliveries::{self, FanOut};
use crate::options::Options;
use crate::report::{Report, Row};
use crate::stats::median;

/// The room sizes.
const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// The arguments of `marginal`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Marginal {
    /// Deliveries measured at each size.
    #[arg(long, default_value_t = 2_000_000)]
    deliveries: usize,
}

impl Default for Marginal {
    fn default() -> Self {
        Self { deliveries: 2_000_000 }
    }
}

/// Measures server CPU seconds per million deliveries to members 1,000 to 10,000, against members 100 to 1,000.
pub(crate) async fn run(args: &Marginal, options: &Options, report: &mut Report) -> Result<()> {
    let mut costs = SIZES.map(|_| Vec::new());
    for round in 1..=options.rounds {
        for (members, costs) in SIZES.into_iter().zip(&mut costs) {
            Report::progress(&format!("a room of {members}, round {round} of {}", options.rounds));
            let fan_out = FanOut { members, posts: args.deliveries / members };
            costs.push(deliveries::chat_cost(&fan_out, options).await?);
        }
    }
    let [hundred, thousand, ten_thousand] = SIZES.map(|members| members as f64);
    let [at_hundred, at_thousand, at_ten_thousand] = costs.map(|costs| median(&costs));
    let to_thousand = marginal((hundred, at_hundred), (thousand, at_thousand));
    let to_ten_thousand = marginal((thousand, at_thousand), (ten_thousand, at_ten_thousand));
    report.add(Row::at_most_times(
        "CPU per million deliveries to members 1,000 → 10,000",
        to_ten_thousand,
        "s",
        (1.3, to_thousand, "members 100 → 1,000"),
    ));
    Ok(())
}

/// Returns the cost of a delivery to each member between two sizes, from the average cost at each size.
fn marginal((fewer, at_fewer): (f64, f64), (more, at_more): (f64, f64)) -> f64 {
    (more * at_more - fewer * at_fewer) / (more - fewer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_cost_of_a_post_does_not_count() {
        // 5 for the post and 2 per member.
        let average = |members: f64| (members, (5.0 + 2.0 * members) / members);
        assert!((marginal(average(100.0), average(1_000.0)) - 2.0).abs() < 1e-9);
    }
}
