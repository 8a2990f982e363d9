// The connection to the flows: requests, and live messages.
import { t } from "./common.mjs";
import { texts } from "./texts.mjs";
import { setClock } from "./times.mjs";

const key = document.querySelector('meta[name="sccc-key"]').content;

/** Why a request failed: `code` selects the text, `message` is used if there is none. */
export class Problem extends Error {
  constructor({ code, message = "" }) {
    super(message);
    this.code = code;
  }

  get text() {
    const known = `error.${this.code}` in texts.en;
    return known ? t(`error.${this.code}`) : t("error.other", { code: this.code, message: this.message });
  }
}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { ...options.headers, "x-sccc-desk": key } });
  } catch {
    throw new Problem({ code: "DESK_OFFLINE" });
  }
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw new Problem(error ?? { code: `HTTP ${response.status}` });
}

/** Reads data from the flows. */
export const ask = (what, query) => request(`desk/data/${what}?${new URLSearchParams(query)}`, {});

/** Sends a request for an action to the flows. */
export const act = (what, body) =>
  request(`desk/do/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }).then((response) => response.json());

/**
 * Receives live messages, and reconnects after every interruption.
 * @param hello the page's first message after connecting
 * @param hear called with every message
 * @returns a function that sends `hello` again, for another agent
 */
export function live(hello, hear) {
  const url = new URL("desk/live", location.href.replace(/^http/, "ws"));
  const banner = document.getElementById("offline");
  let socket;
  let pause = 500;
  const greet = () => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify({ key, ...hello() }));
  const connect = () => {
    socket = new WebSocket(url);
    socket.addEventListener("open", () => {
      pause = 500;
      banner.hidden = true;
      greet();
    });
    socket.addEventListener("message", ({ data }) => {
      const message = JSON.parse(data);
      // Node-RED was restarted and has a new key.
      if (message.kind === "refused") return location.reload();
      setClock(message);
      hear(message);
    });
    socket.addEventListener("close", () => {
      banner.hidden = false;
      setTimeout(connect, pause);
      pause = Math.min(pause * 2, 8000);
    });
  };
  connect();
  return greet;
}
