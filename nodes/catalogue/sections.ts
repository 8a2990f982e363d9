// The collapsible sections of a form.

/** In their order in the form. */
export const sections = ["limits", "network", "safety", "receiving", "more"] as const;
export type Section = (typeof sections)[number];
