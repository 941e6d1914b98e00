// Server-sent events of a POST: EventSource can only GET.

import { Refused } from './server.js';

/**
 * The events of a stream, one after the other, until it ends or is aborted.
 * @param {string} url
 * @param {object} body
 * @param {string} language
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<{ name: string, value: any }>}
 */
export async function* events(url, body, language, signal) {
  const headers = { 'Content-Type': 'application/json', 'Accept-Language': language };
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body), signal, headers }).catch((error) => {
    throw signal.aborted ? error : new Refused(document.body.dataset.unreachable);
  });
  if (!response.ok || !response.body) throw new Refused((await response.json()).detail);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const name = /^event: (.*)$/m.exec(block)?.[1];
      const line = /^data: (.*)$/m.exec(block)?.[1];
      if (name && line) yield { name, value: JSON.parse(line) };
    }
  }
}
