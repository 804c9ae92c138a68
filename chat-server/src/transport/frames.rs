//! Text frames on their way into a stream (RFC 6455 § 5.2), as a server sends them: whole and unmasked.
//!
//! Payloads are shared between connections and never copied: the headers and payloads of many frames leave in one vectored
//! write. Must not know what the frames say.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Frames of one vectored write.
const FRAMES_AT_ONCE: usize = 32;
/// The longest header.
const HEADER_MAX: usize = 10;
/// A frame that is whole, and holds text.
const FINAL_TEXT: u8 = 0x81;

/// Frames that leave in order. After a write that was cancelled, the next one continues where it stopped.
#[derive(Debug)]
pub(super) struct FrameWriter<F> {
    /// The payloads that have not left whole.
    frames: VecDeque<F>,
    /// Bytes of the first of them that have left, its header included.
    written: usize,
}

impl<F> Default for FrameWriter<F> {
    fn default() -> Self {
        Self { frames: VecDeque::new(), written: 0 }
    }
}

impl<F: AsRef<[u8]>> FrameWriter<F> {
    /// The payloads to be written; new ones go to the back.
    pub(super) fn queue(&mut self) -> &mut VecDeque<F> {
        &mut self.frames
    }

    /// Writes all that is queued, however slow the stream is.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] if the stream takes nothing for `limit`; its own errors.
    pub(super) async fn write_to(&mut self, stream: &mut (impl AsyncWrite + Unpin), limit: Duration) -> io::Result<()> {
        while !self.frames.is_empty() {
            let written = std::future::poll_fn(|context| self.poll_write(pin!(&mut *stream), context));
            let written = timeout(limit, written).await.map_err(|_| io::ErrorKind::TimedOut)??;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.advance(written);
        }
        if self.frames.capacity() > 4 {
            // Most connections are idle most of the time.
            self.frames = VecDeque::new();
        }
        stream.flush().await
    }

    fn poll_write(&self, stream: Pin<&mut impl AsyncWrite>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut headers = [([0; HEADER_MAX], 0); FRAMES_AT_ONCE];
        let mut frames = [&[][..]; FRAMES_AT_ONCE];
        for ((header, payload), frame) in headers.iter_mut().zip(&mut frames).zip(&self.frames) {
            *payload = frame.as_ref();
            *header = head(payload.len());
        }
        let mut slices = [IoSlice::new(&[]); 2 * FRAMES_AT_ONCE];
        let mut count = 0;
        let mut skip = self.written;
        for ((header, length), payload) in headers.iter().zip(frames).take(self.frames.len()) {
            for part in [&header[..*length], payload] {
                let passed = skip.min(part.len());
                skip -= passed;
                slices[count] = IoSlice::new(&part[passed..]);
                count += 1;
            }
        }
        stream.poll_write_vectored(context, &slices[..count])
    }

    fn advance(&mut self, written: usize) {
        self.written += written;
        while let Some(frame) = self.frames.front() {
            let payload = frame.as_ref().len();
            let whole = head(payload).1 + payload;
            if self.written < whole {
                return;
            }
            self.written -= whole;
            self.frames.pop_front();
        }
    }
}

/// A frame's header and the header's length.
fn head(payload: usize) -> ([u8; HEADER_MAX], usize) {
    let mut header = [0; HEADER_MAX];
    header[0] = FINAL_TEXT;
    let length = match (u8::try_from(payload), u16::try_from(payload)) {
        (Ok(short @ ..=125), _) => {
            header[1] = short;
            2
        }
        (_, Ok(medium)) => {
            header[1] = 126;
            header[2..4].copy_from_slice(&medium.to_be_bytes());
            4
        }
        _ => {
            header[1] = 127;
            header[2..].copy_from_slice(&(payload as u64).to_be_bytes());
            HEADER_MAX
        }
    };
    (header, length)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::StreamExt;
    use proptest::prelude::*;
    use tokio_tungstenite::WebSocketStream;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(9);

    /// Takes only some bytes at a time, as a slow reader makes a socket do; gives up now and then.
    struct Reluctant {
        taken: Vec<u8>,
        step: usize,
    }

    impl AsyncWrite for Reluctant {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
            let taken = all.len().min(self.step);
            self.taken.extend_from_slice(&all[..taken]);
            Poll::Ready(Ok(taken))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn payload(length: usize) -> Bytes {
        Bytes::from((0..length).map(|at| b'a' + (at % 26) as u8).collect::<Vec<_>>())
    }

    async fn read_back(bytes: Vec<u8>) -> Vec<String> {
        let socket = WebSocketStream::from_raw_socket(io::Cursor::new(bytes), Role::Client, None).await;
        let texts = socket.filter_map(|message| async { message.ok()?.into_text().ok().map(|text| text.to_string()) });
        texts.collect().await
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_written_in_pieces_is_what_another_implementation_reads(
            lengths in prop::collection::vec(prop_oneof![0usize..200, 65_500usize..65_600], 1..40),
            step in 1usize..70_000,
        ) {
            let step = step.max(lengths.iter().sum::<usize>() / 500);
            let frames: Vec<Bytes> = lengths.iter().map(|length| payload(*length)).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
            let read = runtime.block_on(async {
                let mut stream = Reluctant { taken: Vec::new(), step };
                let mut writer = FrameWriter::default();
                writer.queue().extend(frames.iter().cloned());
                writer.write_to(&mut stream, LIMIT).await.expect("written");
                assert!(writer.queue().is_empty());
                read_back(stream.taken).await
            });
            prop_assert_eq!(read.len(), frames.len());
            for (text, frame) in read.iter().zip(&frames) {
                prop_assert_eq!(text.as_bytes(), &frame[..]);
            }
        }
    }

    #[tokio::test]
    async fn a_write_that_was_given_up_goes_on_in_the_middle_of_its_frame() {
        let (mut near, mut far) = tokio::io::duplex(16);
        let mut writer = FrameWriter::default();
        writer.queue().extend([payload(40), payload(3)]);
        let given_up = timeout(Duration::from_millis(20), writer.write_to(&mut near, LIMIT)).await;
        assert!(given_up.is_err(), "nobody reads");
        let reading = tokio::spawn(async move {
            let mut bytes = Vec::new();
            tokio::io::AsyncReadExt::read_to_end(&mut far, &mut bytes).await.expect("read");
            bytes
        });
        writer.queue().push_back(payload(1));
        writer.write_to(&mut near, LIMIT).await.expect("written");
        drop(near);
        let read = read_back(reading.await.expect("read")).await;
        assert_eq!(read.iter().map(String::len).collect::<Vec<_>>(), [40, 3, 1]);
    }
}
