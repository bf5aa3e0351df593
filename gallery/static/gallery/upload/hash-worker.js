// Hashes files beside the page: {id, file} in, {id, sha256} or {id, error} out.

import { sha256 } from './digest.js';

addEventListener('message', async ({ data: { id, file } }) => {
  try {
    postMessage({ id, sha256: await sha256(file) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
