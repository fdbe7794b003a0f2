/** Exit statuses of the monitor. A public contract: the meaning of a status never changes. */
export const EXIT = {
  asked: { status: 0, meaning: 'it was asked to end, or only for --help or --version' },
  fatal: { status: 1, meaning: 'it could not go on; the last line of the log says why' },
  unusable: { status: 2, meaning: 'an option, a variable or a file could not be used' },
} as const;

/** Exit statuses of `check`. */
export const CHECK_EXIT = {
  good: { status: 0, meaning: 'no problem' },
  problems: { status: 1, meaning: 'problems, or documents that cannot be used' },
  failed: {
    status: 2,
    meaning:
      'it could not be checked: a bad option, no API server, no DNS server, the wrong cluster domain',
  },
} as const;
