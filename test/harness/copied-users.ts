import { newId } from '@user-provisioning/contracts/ids'
import mongoose from 'mongoose'

/**
 * Thousands of users of an instance in a second: copies of one user, put into the store as they would be, but for their claims to
 * names, of which nobody has heard over Kafka.
 * @returns their ids
 */
export async function copyUser(mongodbUri: string, id: string, count: number): Promise<string[]> {
  const store = await mongoose.createConnection(mongodbUri).asPromise()
  try {
    const users = store.getClient().db('identity').collection<{ _id: string; userName: string }>('users')
    const user = await users.findOne({ _id: id })
    if (user === null) throw new Error('the user to be copied is not there')
    const ids = Array.from({ length: count }, () => newId())
    for (let at = 0; at < count; at += 5_000) {
      await users.insertMany(
        ids
          .slice(at, at + 5_000)
          .map((copy) => ({ ...user, _id: copy, scimSyncId: copy, userName: `${copy}@harbour.test` })),
      )
    }
    return ids
  } finally {
    await store.close()
  }
}
