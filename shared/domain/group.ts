// A group: the agents who may serve the mail of a service. The platform owns it and chooses its id.

export type Group = {
  readonly id: string;
  readonly name: string;
  /** Kept where it is already named, refused where it is newly named. */
  readonly obsolete: boolean;
};
