// What messages call the protocols of mail servers, for which each room of this folder has its words.

/** A protocol as people know it: its name, its usual ports, and how Microsoft 365 names permissions and its switch. */
export type Protocol = {
  name: string;
  implicitPort: number;
  starttlsPort: number;
  microsoft: { permission: string; cmdlet: string };
};
