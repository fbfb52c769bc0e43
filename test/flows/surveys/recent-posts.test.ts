// What a process remembers of posts: an hour of each page, and of so many pages only.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentPosts } from '../../../shared/flows/surveys/recent-posts.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 2, 2) + seconds * 1_000);

test('posts are of their token, and are over after an hour', () => {
  const posts = new RecentPosts();
  posts.note('a', at(0));
  posts.note('a', at(10));
  posts.note('b', at(20));
  assert.deepEqual(posts.of('a', at(30)), [at(0).toISOString(), at(10).toISOString()]);
  assert.equal(posts.of('a', at(3_600)).length, 1);
  assert.equal(posts.of('b', at(3_600)).length, 1);
  assert.equal(posts.of('c', at(30)).length, 0);
});

test('of more tokens than it keeps the one that was used last longest ago is forgotten', () => {
  const posts = new RecentPosts();
  for (let n = 0; n < 10_000; n++) posts.note(`token ${n}`, at(0));
  posts.note('token 0', at(1));
  posts.note('one more', at(2));
  assert.equal(posts.of('token 0', at(3)).length, 2);
  assert.equal(posts.of('token 1', at(3)).length, 0);
  assert.equal(posts.of('token 2', at(3)).length, 1);
});
