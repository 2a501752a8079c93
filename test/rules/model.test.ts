import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { platform } from '../harness/platform.ts'
import { drive } from '../model/drive.ts'
import { expectEqual } from '../model/model.ts'

test('whatever an IdP and an admin do, users, fields, links and memberships are what the model says', async () => {
  const seed = randomInt(1_000_000)
  const instance = await platform.instance()
  const real = { instance, settled: platform.settled, kill: () => {} }
  const model = await drive(real, { seed, steps: 150, crashes: false }).catch((err: Error) => {
    throw new Error(`seed ${seed}: ${err.message}`, { cause: err })
  })

  // A comparison that sees nothing would say the same.
  const [user] = model.users.values()
  if (user) user.fields.displayName = 'somebody else'
  await expect(expectEqual(model, instance)).rejects.toThrow()
})
