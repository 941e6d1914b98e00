// Talks to the server. A refused change comes back as an error that can be shown as it is.

/** What the server would not do, or that it cannot be reached, in the reader's language. */
export class Refused extends Error {
  /** @param {string | undefined} message @param {string} [field] which of a form's fields it is about */
  constructor(message, field = '') {
    super(message);
    this.field = field;
  }
}

/** Where a reader stands, as every request says it. @param {import('./types').LabData} data */
export const standing = ({ spec, phase, step, term, member, way, beside, mistake, names, language }) =>
  ({ spec, phase, step, term, member, way, beside, mistake, names, language });

/**
 * @param {string} url
 * @param {RequestInit} request
 * @returns {Promise<any>}
 */
async function answered(url, request) {
  try {
    const response = await fetch(url, request);
    const answer = await response.json();
    if (answer.refused ?? !response.ok) throw new Refused(answer.refused ?? answer.detail, answer.field);
    return answer;
  } catch (error) {
    if (error instanceof Refused || request.signal?.aborted) throw error;
    throw new Refused(document.body.dataset.unreachable); // no network, or a proxy's own page
  }
}

/**
 * @param {string} url
 * @param {BodyInit} body
 * @param {string} type
 * @param {string} language
 * @param {AbortSignal} [signal]
 */
const post = (url, body, type, language, signal) =>
  answered(url, { method: 'POST', body, signal, headers: { 'Content-Type': type, 'Accept-Language': language } });

/** @param {string} url @param {string} language */
export const getJson = (url, language) => answered(url, { headers: { 'Accept-Language': language } });

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
