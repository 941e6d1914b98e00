// Talks to the server. A refused change comes back as an error that can be shown as it is.

/** What the server would not do; the message is its own, in the reader's language. */
export class Refused extends Error {}

/**
 * @param {string} url
 * @param {BodyInit} body
 * @param {string} type
 * @param {string} language
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
async function post(url, body, type, language, signal) {
  const response = await fetch(url, {
    method: 'POST',
    body,
    signal,
    headers: { 'Content-Type': type, 'Accept-Language': language },
  });
  const answer = await response.json();
  if (answer.refused ?? !response.ok) throw new Refused(answer.refused ?? answer.detail);
  return answer;
}

/**
 * @param {string} url
 * @param {object} body
 * @param {string} language
 * @param {AbortSignal} [signal]
 */
export const postJson = (url, body, language, signal) =>
  post(url, JSON.stringify(body), 'application/json', language, signal);

/**
 * @param {string} url
 * @param {Blob} file
 * @param {string} language
 */
export const postFile = (url, file, language) =>
  post(url, file, file.type || 'application/octet-stream', language);
