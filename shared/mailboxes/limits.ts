// How much of a mail is taken, whatever its server told of its size.

/**
 * A batch is planned by the sizes that servers tell. No more than this is held of a mail within one: a longer mail is left
 * out, and streamed.
 */
export const LARGEST_IN_BATCH_BYTES = 16 * 1024 * 1024;
/** Where a mail that never ends is given up. */
export const LARGEST_MAIL_BYTES = 512 * 1024 * 1024;
