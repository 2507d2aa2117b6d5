import type { Actor } from '@mentor-sessions/service-kit/actor';
import { Forbidden } from '@mentor-sessions/service-kit/errors';

/** A valid token is not enough: mentors have one too. */
export const assertOperator = ({ roles }: Actor): void => {
  if (!roles.includes('operator')) throw new Forbidden('The console is for operators: the token lacks the role.');
};
