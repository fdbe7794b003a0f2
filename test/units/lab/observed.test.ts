import { expect, test } from 'vitest';
import { decodeReply } from '../../../src/dns/message.ts';
import { readAs } from '../../../src/dns/readers.ts';
import { READER_NAMES } from '../../../src/model/reader.ts';
import { OBSERVED } from '../../lab/differential/observed.ts';
import { ADDRESS_TYPES } from '../../lab/differential/replies.ts';

test.each(OBSERVED)('$title', ({ readBy, case: { name, replies } }) => {
  for (const type of ADDRESS_TYPES) {
    const question = { name: name.slice(0, -1), type };
    const reply = decodeReply(replies[type]);
    const readers = READER_NAMES.filter((reader) => readAs(reader, question, reply).length > 0);
    expect(readers).toEqual(readBy);
  }
});
