import type { ImportPart, ImportRow } from '@user-provisioning/contracts/admin/imports'

/** The limit of a file, and of the rows and their text in one part of it. */
export const fileLimitBytes = 256 * 1024 * 1024
const mostRows = 1_000
const mostPartBytes = 1024 * 1024

/**
 * Sends a file part by part, each once the one before was taken: the ingress holds two parts of it at most, whatever its size.
 * The same file is cut in the same way each time, so that its owner knows the parts that it has.
 * @param send hands a part to the owner of its job, and gives back the job
 */
export async function sendInParts<Answer>(
  rows: AsyncIterable<ImportRow>,
  send: (part: ImportPart) => Promise<Answer>,
): Promise<Answer> {
  let part = 0
  let pending: ImportRow[] = []
  let bytes = 0
  for await (const row of rows) {
    const size = JSON.stringify(row).length
    if (pending.length === mostRows || (pending.length > 0 && bytes + size > mostPartBytes)) {
      await send({ part: part++, isLast: false, rows: pending })
      pending = []
      bytes = 0
    }
    pending.push(row)
    bytes += size
  }
  return send({ part, isLast: true, rows: pending })
}
