// The simulated clock in both modes: continuous, and from event to event.
import assert from "node:assert/strict";
import { Clock } from "../../simulator/clock";

for (const startTime of [undefined, Date.parse("2026-11-23T12:00:00+08:00")]) {
  describe(`a simulated clock ${startTime === undefined ? "that runs on by itself" : "with a start"}`, () => {
    let clock: Clock;
    beforeEach(() => {
      clock = new Clock({ startTime, speed: 1000 });
    });
    afterEach(() => clock.reset());
    /** Waits for an event this many seconds from now. */
    const pass = (seconds: number) => new Promise<void>((resolve) => clock.after(seconds, resolve));

    it("stands still while it is paused, and cleared events never run", async () => {
      const order: string[] = [];
      clock.after(1, () => order.push("cleared"));
      clock.clear();
      clock.pause();
      const stood = clock.now();
      const passed = pass(1).then(() => order.push("passed"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual([order, clock.now()], [[], stood]);
      clock.pause();
      clock.resume();
      clock.resume();
      await passed;
      assert.deepEqual(order, ["passed"]);
      assert.ok(clock.now() >= stood + 1000);
    });

    it("runs events in the order of their times, and those of one time in the order of scheduling", async () => {
      const order: string[] = [];
      clock.after(3, () => order.push("third"));
      clock.after(1, () => {
        order.push("first");
        // At the time of the event, not later: this one is due before the third.
        clock.after(1, () => order.push("second"));
      });
      clock.after(4, () => {
        clock.after(0, () => order.push("fourth"));
        clock.after(0, () => order.push("fifth"));
      });
      await pass(5);
      assert.deepEqual(order, ["first", "second", "third", "fourth", "fifth"]);
    });

    it("shows exact durations while events run", async () => {
      await pass(1);
      const instants = await new Promise<number[]>((resolve) => {
        clock.after(1, () => {
          const from = clock.now();
          clock.after(7, () => resolve([from, clock.now()]));
        });
      });
      assert.equal(Math.round((instants[1] ?? 0) - (instants[0] ?? 0)), 7000);
    });

    it("does not run cancelled events, nor any after a reset", async () => {
      const run: string[] = [];
      clock.after(1, () => run.push("called off"))();
      clock.after(1, () => run.push("not called off"));
      await pass(2);
      clock.after(1, () => run.push("before the reset"));
      clock.reset();
      await pass(2);
      assert.deepEqual(run, ["not called off"]);
    });

    it(
      startTime === undefined ? "has the real date" : "has a date of its own, which stands still between events",
      async () => {
        await pass(60);
        const date = clock.date();
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (startTime === undefined) assert.ok(Math.abs(date - Date.now() / 1000) < 10);
        else assert.deepEqual([date, clock.date()], [startTime / 1000 + 60, startTime / 1000 + 60]);
      },
    );
  });
}
