/** The caller, as the verified token describes it. */
export type Actor = {
  readonly userId: string;
  readonly roles: readonly string[];
  readonly mentorProfileId: string | null;
};
