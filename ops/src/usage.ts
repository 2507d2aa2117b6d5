/** What was typed cannot be done: exit code 2. */
export class Usage extends Error {
  override readonly name = 'Usage';
}
