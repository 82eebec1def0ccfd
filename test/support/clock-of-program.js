/**
 * Loaded into a built program before it (`node --import`): the program's own clock stands still, at TEST_TIME at first, and is
 * moved by messages of its parent. Elapsed time goes on, and jumps by as much as the clock is moved.
 */
const SystemDate = Date;
let now = Number(process.env.TEST_TIME);
let jumpedMs = 0;

globalThis.Date = class extends SystemDate {
  constructor(...parts) {
    if (parts.length === 0) super(now);
    else super(...parts);
  }
  static now() {
    return now;
  }
};

const elapsed = performance.now.bind(performance);
performance.now = () => elapsed() + jumpedMs;

process.on("message", ({ time }) => {
  jumpedMs += time - now;
  now = time;
  process.send({ time });
});
process.channel?.unref();
