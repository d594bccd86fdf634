// The time of day, for times left. Ticks twice a minute.
class Clock {
  now = $state(Date.now());

  start(): void {
    setInterval(() => {
      this.now = Date.now();
    }, 30_000);
  }
}

export const clock = new Clock();
