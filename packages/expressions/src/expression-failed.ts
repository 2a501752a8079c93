/** An expression gave no value for what it was evaluated on; `position` counts from 1. */
export class ExpressionFailed extends Error {
  readonly position: number
  constructor(position: number, why: string) {
    super(why)
    this.name = 'ExpressionFailed'
    this.position = position
  }
}
