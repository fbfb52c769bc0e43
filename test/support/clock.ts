// The time as it is, for what takes a clock.
export const clock = () => new Date();
