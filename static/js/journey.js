// The journey: the picture goes forwards station by station, then its deltas come back.

import { Player } from './player.js';

/** @param {string} id */
const found = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class Journey {
  constructor() {
    this.player = new Player(() => this.onward(), (playing) => this.playing(playing));
    /** @type {Element[]} */
    this.stations = [];
    this.at = 0; // how far: forwards station by station, then the same way back
    found('journey').addEventListener('click', (event) => this.clicked(/** @type {Element} */ (event.target)));
    this.renew();
  }

  renew() {
    this.player.pause();
    this.stations = [...found('journey').querySelectorAll('.station')];
    this.at = this.last;
    this.show();
    this.strip.addEventListener('scroll', () => this.further(), { passive: true });
    this.further();
  }

  get strip() {
    return /** @type {HTMLElement} */ (found('journey').querySelector('.stations'));
  }

  /** Says whether there are stations beyond the strip's right end. */
  further() {
    const { scrollLeft, scrollWidth, clientWidth } = this.strip;
    this.strip.parentElement?.classList.toggle('more', scrollLeft + clientWidth < scrollWidth - 8);
    /** @type {HTMLElement} */ (found('journey').querySelector('.further')).hidden = scrollWidth <= clientWidth + 8;
  }

  get last() {
    return 2 * this.stations.length - 1;
  }

  show() {
    const count = this.stations.length;
    const done = this.at === this.last;
    this.stations.forEach((station, place) => {
      const back = 2 * count - 1 - place; // when the deltas reach it
      for (const map of station.querySelectorAll('.map')) {
        const when = map.getAttribute('data-lane') === 'forward' ? place : back;
        map.classList.toggle('off', this.at < when);
        map.classList.toggle('now', this.at === when && !done);
      }
      /** @type {HTMLElement} */ (station.querySelector('.verdicts')).style.visibility = this.at < back ? 'hidden' : '';
    });
    if (!done) {
      const place = this.at < count ? this.at : 2 * count - 1 - this.at;
      this.follow(/** @type {HTMLElement} */ (this.stations[place]));
    }
  }

  /** Keeps the station in sight; where stations stand side by side without moving the page. @param {HTMLElement} station */
  follow(station) {
    const strip = this.strip;
    if (getComputedStyle(strip).gridAutoFlow === 'row') return station.scrollIntoView({ block: 'nearest' });
    const left = station.offsetLeft - strip.offsetLeft;
    if (left < strip.scrollLeft || left + station.offsetWidth > strip.scrollLeft + strip.clientWidth) {
      strip.scrollLeft = left - (strip.clientWidth - station.offsetWidth) / 2;
    }
  }

  async onward() {
    if (this.at >= this.last) return /** @type {const} */ ('end');
    this.at += 1;
    this.show();
    return /** @type {const} */ ('term');
  }

  /** @param {boolean} playing */
  playing(playing) {
    const button = /** @type {HTMLElement | null} */ (found('journey').querySelector('[data-act="play"]'));
    found('journey').classList.toggle('playing', playing);
    button?.setAttribute('aria-label', (playing ? button.dataset.pause : button.dataset.play) ?? '');
  }

  /** @param {Element} target */
  clicked(target) {
    const act = target.closest('button')?.dataset.act;
    if (act === 'play') {
      if (this.player.playing) return this.player.pause();
      if (this.at >= this.last) {
        this.at = 0;
        this.show();
      }
      this.player.play(true);
    } else if (act) {
      this.player.pause();
      this.at = Math.max(0, Math.min(this.last, this.at + (act === 'forth' ? 1 : -1)));
      this.show();
    }
  }
}
