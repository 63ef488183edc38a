import { Etcd3, GRPCInvalidArgumentError, GRPCResourceExhastedError } from 'etcd3'
import { afterEach, describe, expect, it } from 'vitest'
import { serve, stopAll } from './support/served.js'

afterEach(stopAll)

describe('the npm client etcd3', () => {
  it('puts, reads, counts and deletes', async () => {
    const { url } = await serve()
    const client = new Etcd3({ hosts: url })
    await client.put('colour/sky').value('blue')
    await client.put('colour/grass').value('green')
    expect(await client.get('colour/sky').string()).toBe('blue')
    expect(await client.get('none').string()).toBeNull()
    expect(await client.getAll().prefix('colour/').sort('Key', 'Descend').strings()).toEqual({
      'colour/sky': 'blue',
      'colour/grass': 'green',
    })
    expect(await client.getAll().prefix('colour/').count()).toBe(2)
    expect(await client.getAll().prefix('colour/').limit(1).keys()).toEqual(['colour/grass'])
    const { deleted } = await client.delete().prefix('colour/')
    expect(deleted).toBe('2')
    client.close()
  })

  it('carries out transactions', async () => {
    const { url } = await serve()
    const client = new Etcd3({ hosts: url })
    const attempt = () =>
      client.if('lock', 'Create', '==', 0).then(client.put('lock').value('mine')).else(client.get('lock')).commit()
    expect(await attempt()).toMatchObject({ succeeded: true })
    expect(await attempt()).toMatchObject({
      succeeded: false,
      responses: [{ response_range: { kvs: [{ value: Buffer.from('mine') }] } }],
    })
    client.close()
  })

  it('recognises refusals by their words', async () => {
    const { url, backend } = await serve()
    const client = new Etcd3({ hosts: url })
    await expect(client.put('').value('x')).rejects.toBeInstanceOf(GRPCInvalidArgumentError)
    await expect(client.get('a').revision(9)).rejects.toThrow('required revision is a future revision')
    await expect(client.lease(10).grant()).rejects.toThrow('is not served')
    backend.execute({ type: 'setQuota', bytes: 1 })
    await expect(client.put('a').value('x')).rejects.toBeInstanceOf(GRPCResourceExhastedError)
    client.close()
  })
})
