/** Who asks: what the verified token says of its bearer, and nothing else. */
export type Actor = {
  readonly userId: string;
  readonly roles: readonly string[];
  readonly mentorProfileId: string | null;
};
