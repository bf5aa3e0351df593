// Sends a large file in parts: asks which of them stand in the store, then hashes, signs and sends the others.

const SIGNED_TOGETHER = 12;
const AT_ONCE = 3;

// progress is told how many bytes have arrived or gone, arrived that a part did.
export async function sendParts({ id, file }, { transport, hasher, progress, arrived, signal }) {
  const { part_bytes: size, part_count: count, whole, parts } = await transport.arrived(id);
  if (whole) return;
  const gone = new Map(parts.map(({ number, bytes }) => [number, bytes]));
  const tell = () => progress([...gone.values()].reduce((sum, bytes) => sum + bytes, 0));
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !gone.has(number));
  const bytesOf = (number) => file.slice((number - 1) * size, number * size);
  const send = async ({ number, request }) => {
    await transport.put(request, bytesOf(number), {
      progress: (bytes) => { gone.set(number, bytes); tell(); }, signal,
    });
    arrived();
  };
  tell();
  while (missing.length) {
    const wanted = [];
    for (const number of missing.splice(0, SIGNED_TOGETHER)) {
      signal.throwIfAborted();
      wanted.push({ number, sha256: await hasher.hash(bytesOf(number)) });
    }
    await someAtOnce(await transport.signParts(id, wanted), send);
  }
}

// The first failure ends it, once those that are on their way have ended as well.
async function someAtOnce(parts, send) {
  let failure = null;
  const left = [...parts];
  const lane = async () => {
    while (left.length && !failure) await send(left.shift()).catch((error) => { failure ??= error; });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  if (failure) throw failure;
}
