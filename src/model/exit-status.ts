/** How the monitor ends. A public contract: a status is never given another meaning. */
export const EXIT = {
  asked: { status: 0, meaning: 'it was asked to end, or only for --help or --version' },
  fatal: { status: 1, meaning: 'it could not go on; the last line of the log says why' },
  unusable: { status: 2, meaning: 'an option, a variable or a file could not be used' },
} as const;
