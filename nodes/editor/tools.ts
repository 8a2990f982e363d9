// Tools of forms besides the properties: test of the connection, address for the platform's operator, sample of an
// event.
import { isThisMachine, pushAddress } from "./address";
import type { Suggestion } from "./description";
import { input, reader, text } from "./page";
import { inWords, sendSample, tryAccount } from "./requests";

/** Shows that an action is under way, then its result. */
async function report(
  button: JQuery,
  place: JQuery,
  kind: "connection" | "sample",
  ask: () => ReturnType<typeof tryAccount>,
): ReturnType<typeof tryAccount> {
  button.prop("disabled", true);
  place.removeClass("sccc-good sccc-bad").text(text(`${kind}.underWay`));
  const answer = await ask();
  const good = answer.outcome === "connected" || answer.outcome === "taken";
  const doubtful = answer.params?.seconds !== undefined;
  place.addClass(good && !doubtful ? "sccc-good" : "sccc-bad").text(inWords(kind, answer));
  button.prop("disabled", false);
  return answer;
}

/** The result for the newest recording. It is not an error if there is none yet. */
function showRecording(place: JQuery, { recording }: Awaited<ReturnType<typeof tryAccount>>): void {
  place.removeClass("sccc-good sccc-bad").text(recording === undefined ? "" : inWords("recording", recording));
  if (recording === undefined || recording.outcome === "none") return;
  place.addClass(recording.outcome === "audio" ? "sccc-good" : "sccc-bad");
}

function prepareConnection(account: EditorNode): void {
  const button = $("#sccc-connection");
  const recording = $("#sccc-connection-recording");
  button.on("click", async () => {
    recording.text("");
    showRecording(
      recording,
      await report(button, $("#sccc-connection-result"), "connection", () => tryAccount(account)),
    );
  });
}

function preparePushAddress(account: EditorNode): void {
  const read = reader(account);
  const field = $("#sccc-address");
  const hint = $("#sccc-address-hint");
  const show = (): void => {
    const found = pushAddress(read, window.location, RED.settings.httpNodeRoot);
    field.val(found?.address ?? "");
    const local = found !== undefined && isThisMachine(found.hostname);
    hint.text(text(found === undefined ? "address.none" : local ? "address.local" : "address.hint"));
  };
  for (const property of ["pushPort", "pushPath", "pushHost", "pushTls"]) {
    input(account, property).on("change input", show);
  }
  $("#sccc-address-copy").on("click", () =>
    RED.clipboard.copyText(String(field.val()), $("#sccc-address-copy"), text("address.copied")),
  );
  show();
}

function prepareSample(notify: EditorNode): void {
  const button = $("#sccc-sample");
  const event = $("#sccc-sample-event");
  button.on("click", () => {
    const account = String(input(notify, "account").val());
    void report(button, $("#sccc-sample-result"), "sample", () => sendSample(account, String(event.val())));
  });
}

/** The suggestion that equals a property's value, if the value is in the form. */
function suggested(node: EditorNode, property: string): Suggestion | undefined {
  const described = DESCRIPTIONS[node.type]?.properties[property];
  const read = reader(node);
  if (described?.kind !== "typed" || read(`${property}Type`) !== "str") return undefined;
  const value = String(read(property)).trim().toLowerCase();
  return described.suggestions?.find((one) => one.value.toLowerCase() === value);
}

/**
 * Inserts the request of a known command: when the button is pressed, or automatically if the request is an empty
 * literal.
 */
function prepareTemplate(node: EditorNode): void {
  const button = $("#sccc-template");
  const request = input(node, "request");
  const write = (template: string): void => {
    request.typedInput("type", "json");
    request.typedInput("value", template);
  };
  const show = (): void => {
    const known = suggested(node, "api");
    const template = known?.template;
    button.prop("disabled", template === undefined);
    const hint = known === undefined ? text("template.hint") : `${known.value}: ${text(known.key)}`;
    $("#sccc-template-hint").text(hint);
    const isEmpty = /^(?:\{\s*\})?$/.test(String(request.typedInput("value")).trim());
    if (template !== undefined && request.typedInput("type") === "json" && isEmpty) write(template);
  };
  button.on("click", () => {
    const template = suggested(node, "api")?.template;
    if (template !== undefined) write(template);
  });
  input(node, "api").on("change", show);
  show();
}

/** The tools by their element. A form has the tools that the build put into it. */
const tools: Readonly<Record<string, (node: EditorNode) => void>> = {
  "#sccc-connection": prepareConnection,
  "#sccc-address": preparePushAddress,
  "#sccc-sample": prepareSample,
  "#sccc-template": prepareTemplate,
};

/** Activates the tools of a node's form. */
export function prepareTools(node: EditorNode, within: JQuery): void {
  for (const [place, prepare] of Object.entries(tools)) if (within.find(place).length > 0) prepare(node);
}
