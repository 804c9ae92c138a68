//! Acknowledged means synced: checked by the order of system calls, and by simulated power cuts.

use std::collections::BTreeMap;

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::message::Content;
use chat_tests::peer::{Peer, post};
use chat_tests::server::Server;
use chat_tests::trace::{self, Call, Traced};

const POSTS: u64 = 40;

fn text(number: u64) -> String {
    format!("marker-{number:04}-of-the-trace")
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Sends a server posts one by one, then many at once, and kills it. Returns its system calls and a token for its data.
async fn traced() -> (Vec<Call>, String) {
    let server = Traced::start();
    let (mut ana, welcome) = Peer::register(server.address, "ana", Subscription::None).await;
    for number in 0..POSTS / 2 {
        ana.post(&format!("k{number}"), &text(number)).await;
    }
    for number in POSTS / 2..POSTS {
        ana.start(&post(&format!("k{number}"), &text(number))).await;
    }
    let mut answers = 0;
    while answers < POSTS / 2 {
        answers += u64::from(matches!(ana.next().await, Some(chat_proto::server_frame::ServerFrame::Ok(_))));
    }
    // A call appears in the trace once the next one of its connection has begun.
    ana.call(&chat_proto::request::Ping {}).await;
    (server.kill(), welcome.token.expect("a token"))
}

/// Returns for each post the line at which its answer began to be sent. Requests are numbered from 1 in post order.
fn answers(calls: &[Call]) -> BTreeMap<u64, usize> {
    let mut answers = BTreeMap::new();
    for call in calls {
        let trace::What::Send { bytes } = &call.what else { continue };
        for number in 0..POSTS {
            if holds(bytes, &format!("\"ok\",\"id\":{},", number + 1)) {
                answers.entry(number).or_insert(call.began);
            }
        }
    }
    assert_eq!(answers.len() as u64, POSTS, "every answer is in the trace");
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_sent_after_its_text_was_synced() {
    let (calls, _) = traced().await;
    for (number, answered) in answers(&calls) {
        let written = calls.iter().find_map(|call| match &call.what {
            trace::What::Write { file, bytes, .. } if holds(bytes, &text(number)) => Some((file.clone(), call.ended)),
            _ => None,
        });
        let (file, written) = written.expect("the text was written");
        let is_synced = calls.iter().any(|call| {
            matches!(&call.what, trace::What::Sync { file: synced } if *synced == file)
                && call.began > written
                && call.ended < answered
        });
        assert!(is_synced, "post {number}: written at {written}, answered at {answered}, no sync of {file} between");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_power_is_cut() {
    let (calls, token) = traced().await;
    let answers = answers(&calls);
    let mut coin = 0_u64;
    // At every fifth answer: once without any unsynced data, once with some of it.
    for (cut, (_, at)) in answers.iter().enumerate().filter(|(cut, _)| cut % 5 == 4) {
        for keeps_some in [false, true] {
            let survives = || {
                coin = coin.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(cut as u64 + 1);
                keeps_some && coin >> 63 == 1
            };
            let server = Server::start_on(&trace::power_cut(&calls, *at, survives));
            let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
            let found: Vec<String> = ana
                .changes(Seq::ZERO)
                .await
                .into_iter()
                .filter_map(|item| match item.content {
                    Content::Message(message) => Some(message.body.to_string()),
                    _ => None,
                })
                .collect();
            for (number, _) in answers.iter().filter(|(_, answered)| *answered <= at) {
                let times = found.iter().filter(|body| **body == text(*number)).count();
                assert_eq!(times, 1, "post {number} was answered before the cut at line {at}");
            }
        }
    }
}
