import { simulateEntra } from '@user-provisioning/idp-simulator/entra'
import { expect, test } from 'vitest'
import { platform } from '../harness/platform.ts'

test('a whole cycle of Entra ID ends without a failure, and what is read back is what was sent', async () => {
  const { tenantUrl, secretToken } = await platform.instance()
  const report = await simulateEntra({ tenantUrl, secretToken, users: 60, groups: 4, concurrency: 8 })
  expect(report.failures).toEqual([])
  expect(report.differences).toEqual([])
  expect(report.compared).toBe(57 + 4)
  await platform.settled()
})
