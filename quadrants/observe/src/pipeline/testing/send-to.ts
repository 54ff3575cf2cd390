/** Posts encoded spans to one of our receivers. @throws {Error} where it does not take them */
export async function sendTo(address: string, body: Uint8Array): Promise<void> {
  const response = await fetch(`http://${address}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(body),
  })
  await response.arrayBuffer()
  if (response.status !== 200) throw new Error(`HTTP ${response.status}`)
}
