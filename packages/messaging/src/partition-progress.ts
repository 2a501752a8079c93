/**
 * What of one partition is in work. The offset below which everything is done is what may be committed; kafkajs' own
 * resolved offset only moves the fetch.
 */
export class PartitionProgress {
  /** In the order they were begun. */
  readonly #open = new Set<bigint>()
  #next: bigint | undefined
  #committed: bigint | undefined

  /** Begins an offset, in the order of the partition. */
  begin(offset: bigint): void {
    this.#open.add(offset)
    this.#next = offset + 1n
  }

  end(offset: bigint): void {
    this.#open.delete(offset)
  }

  /** The offset after the last one begun. */
  get next(): bigint | undefined {
    return this.#next
  }

  /** The offset to commit, if it moved since it was last committed. */
  get committable(): bigint | undefined {
    const [oldest] = this.#open
    const offset = oldest ?? this.#next
    return offset === this.#committed ? undefined : offset
  }

  committed(offset: bigint): void {
    this.#committed = offset
  }

  /** How many are begun and not done. */
  get size(): number {
    return this.#open.size
  }
}
