// Converts text to HTML.

/** Escapes a text for HTML, also for attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
