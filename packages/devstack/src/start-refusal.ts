/** A start that cannot go on, told in sentences that say what to do. Printed as it is, without a stack. */
export class StartRefusal extends Error {
  override readonly name = 'StartRefusal'
}
