// The only thing here that knows time. It asks its owner to go on, and waits.

const PAUSE = 620; // ms between contributions at 1×
const ARRIVE = 420; // ms to see which node it is before the first one lands

export class Player {
  /**
   * @param {() => Promise<'term' | 'step' | 'end'>} onward shows the next moment, says which kind
   * @param {(playing: boolean) => void} changed
   */
  constructor(onward, changed) {
    this.onward = onward;
    this.changed = changed;
    this.speed = 1;
    this.playing = false;
    this.timer = 0;
  }

  /** @param {boolean} arrived whether a node has just been put there, to be seen first */
  play(arrived) {
    this.playing = true;
    this.changed(true);
    if (arrived) this.wait(ARRIVE);
    else this.tick();
  }

  pause() {
    clearTimeout(this.timer);
    if (!this.playing) return;
    this.playing = false;
    this.changed(false);
  }

  async tick() {
    const kind = await this.onward();
    if (!this.playing) return;
    if (kind === 'end') return this.pause();
    this.wait(kind === 'step' ? ARRIVE : PAUSE);
  }

  /** @param {number} time */
  wait(time) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.tick(), time / this.speed);
  }
}
