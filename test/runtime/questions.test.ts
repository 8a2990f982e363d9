// Questions to the receiving thread: each ends, whatever the thread does.
import assert from "node:assert/strict";
import { Questions } from "../../nodes/runtime/receive/questions";

describe("a question to the receiving thread", () => {
  it("ends with its own answer, also with one that has nothing to tell", async () => {
    const questions = new Questions(60_000);
    const numbers: number[] = [];
    const asked = [1, 2].map(() => questions.ask((number) => numbers.push(number)));
    const [first = 0, second = 0] = numbers;
    questions.answer(second, undefined);
    questions.answer(first, "1");
    questions.answer(first, "2");
    assert.deepEqual(await Promise.all(asked), [{ text: "1" }, { text: undefined }]);
  });

  it("ends without an answer when the time is over, and a late answer is none to the next", async () => {
    const questions = new Questions(1);
    const numbers: number[] = [];
    assert.equal(await questions.ask((number) => numbers.push(number)), undefined);
    const next = questions.ask((number) => numbers.push(number));
    questions.answer(numbers[0] ?? 0, "late");
    assert.equal(await next, undefined);
  });

  it("ends without an answer when the thread ends", async () => {
    const questions = new Questions(60_000);
    const asked = questions.ask(() => undefined);
    questions.abandon();
    assert.equal(await asked, undefined);
  });
});
