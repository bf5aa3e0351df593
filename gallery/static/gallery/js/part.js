// Parts of photos' pages, which the server answers a script with.

const FRAGMENT = { 'X-Requested-Fragment': '1' };

export function parse(html) {
  return new DOMParser().parseFromString(html, 'text/html');
}

// Returns the element that the address answers a script with; throws where it cannot be had.
export async function fetchPart(url, options = {}) {
  const answer = await fetch(url, { ...options, headers: FRAGMENT });
  const part = answer.redirected || (!answer.ok && answer.status !== 422) ? null : parse(await answer.text()).querySelector('article');
  if (!part) throw new Error(`${answer.status} ${url}`);
  return part;
}
