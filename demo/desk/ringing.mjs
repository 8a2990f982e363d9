// Announces a ringing call outside the page: with a sound and a desktop notification. Both can be switched off.
import { at, h, icon, numberOf, t } from "./common.mjs";
import { callerOf, desk, draw, onDraw } from "./state.mjs";

/** Both are on until they are switched off on this machine. */
const isOn = (what) => localStorage.getItem(what) !== "off";
const canNotify = () => "Notification" in window && isSecureContext;

let audio;

/** One ring: two short tones. A browser plays sounds only after the user has used the page. */
function ring() {
  audio ??= new AudioContext();
  audio.resume();
  for (const [start, frequency] of [
    [0, 660],
    [0.22, 880],
  ]) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.15, audio.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + start + 0.2);
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + 0.2);
  }
}

/** How often it rings, in ms. */
const every = 1800;

let ringing;

function stop() {
  clearInterval(ringing?.timer);
  ringing?.notification?.close();
  ringing = undefined;
}

function notify(call) {
  if (!canNotify() || Notification.permission !== "granted") return undefined;
  try {
    const notification = new Notification(t("told.ringing.inbound", { name: callerOf(call) }), {
      body: numberOf(call.number),
      tag: call.id,
      icon: "desk/icon.svg",
    });
    notification.onclick = () => window.focus();
    return notification;
  } catch {
    // Phones' browsers have no notifications of pages.
    return undefined;
  }
}

onDraw(() => {
  const call = desk.screen?.call;
  const rings = call?.state === "ringing" && call.direction === "inbound";
  if (ringing !== undefined && (!rings || ringing.id !== call.id)) stop();
  if (!rings || ringing !== undefined) return;
  ringing = { id: call.id, notification: isOn("notify") ? notify(call) : undefined };
  if (!isOn("sound")) return;
  ring();
  ringing.timer = setInterval(ring, every);
});

/** Asks the browser for permission to notify. Browsers allow that only after an action of the user. */
export function askToNotify() {
  if (isOn("notify") && canNotify() && Notification.permission === "default")
    Notification.requestPermission().then(draw);
}

function toggle(what) {
  localStorage.setItem(what, isOn(what) ? "off" : "on");
  stop();
  askToNotify();
  draw();
}

const isRefused = () => !canNotify() || Notification.permission === "denied";

onDraw(() => {
  const focused = document.activeElement?.id;
  const button = (what, sign, on, hint) =>
    h(
      "button",
      {
        type: "button",
        id: `${what}-switch`,
        class: "quiet round",
        title: hint,
        "aria-label": hint,
        "aria-pressed": String(on),
        onclick: () => toggle(what),
      },
      icon(sign),
    );
  const notifies = isOn("notify") && !isRefused();
  at("switches").replaceChildren(
    button("sound", "sound", isOn("sound"), t(isOn("sound") ? "soundOn" : "soundOff")),
    button("notify", "bell", notifies, t(notifies ? "notifyOn" : isRefused() ? "notifyRefused" : "notifyOff")),
  );
  if (focused === "sound-switch" || focused === "notify-switch") at(focused).focus();
});
