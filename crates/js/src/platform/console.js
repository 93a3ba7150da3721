// console: every line goes to the host as a level and one text per argument.
(host, shared) => {
  const { inspect, hidden, frames } = shared;
  const DEBUG = 0;
  const ERROR = 1;
  const WARN = 2;
  const INFO = 3;
  const LOG = 4;
  const timers = new Map();

  const line = (level) =>
    function (...values) {
      host.console(level, values.map(inspect));
    };
  const withTimer = (label, use) => {
    const name = label === undefined ? "default" : String(label);
    const start = timers.get(name);
    if (start === undefined) return host.console(WARN, [`Timer '${name}' does not exist`]);
    use(name, `${name}: ${Math.round(host.elapsed() - start)}ms`);
  };

  hidden(globalThis, "console", {
    debug: line(DEBUG),
    log: line(LOG),
    info: line(INFO),
    warn: line(WARN),
    error: line(ERROR),
    trace(...values) {
      host.console(LOG, [...values.map(inspect), frames(new Error())]);
    },
    time(label) {
      const name = label === undefined ? "default" : String(label);
      if (timers.has(name)) return host.console(WARN, [`Timer '${name}' already exists`]);
      timers.set(name, host.elapsed());
    },
    timeLog(label, ...values) {
      withTimer(label, (_name, text) => host.console(INFO, [text, ...values.map(inspect)]));
    },
    timeEnd(label) {
      withTimer(label, (name, text) => {
        timers.delete(name);
        host.console(INFO, [text]);
      });
    },
  });
};
