// The checksum by which a file is known: SHA-256 in hexadecimal.

// What is read into memory whole: the browser's own SHA-256 takes no less. Larger files are hashed piece by piece by
// the script of vendor/, at a fifth of the speed.
const WHOLE = 64 * 2 ** 20;
const PIECE = 2 * 2 ** 20;

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export async function sha256(blob) {
  // Pages of other computers on a network without TLS have no crypto.subtle either.
  if (blob.size > WHOLE || !crypto.subtle) return inPieces(blob);
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer())));
}

async function inPieces(blob) {
  const { sha256: algorithm } = await import('../../vendor/noble-hashes/sha256.js');
  const hash = algorithm.create();
  for (let from = 0; from < blob.size; from += PIECE) {
    hash.update(new Uint8Array(await blob.slice(from, from + PIECE).arrayBuffer()));
  }
  return hex(hash.digest());
}
