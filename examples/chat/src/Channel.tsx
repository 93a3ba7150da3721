// One channel: its messages page by page, and the field to write in.
import { usePaginatedQuery } from "convex/react";
import { useLayoutEffect, useRef } from "react";
import { api } from "../convex/_generated/api";
import type { Doc } from "../convex/_generated/dataModel";
import { Avatar } from "./Avatar";
import { Composer } from "./Composer";

const PAGE_SIZE = 25;

export function Channel({ channel, author }: { channel: Doc<"channels">; author: string }) {
  const { results, status, loadMore } = usePaginatedQuery(
    api.messages.list,
    { channel: channel._id },
    { initialNumItems: PAGE_SIZE },
  );
  const messages = [...results].reverse();
  const end = useStickToEnd(messages.at(-1)?._id);

  return (
    <>
      <section className="messages" aria-label={`Messages in ${channel.name}`} ref={end} tabIndex={0}>
        {status === "CanLoadMore" && (
          <button type="button" className="older" data-testid="load-older" onClick={() => loadMore(PAGE_SIZE)}>
            Load older messages
          </button>
        )}
        {status === "LoadingMore" && <p className="note" role="status">Loading older messages…</p>}
        {status === "LoadingFirstPage" && <p className="note" role="status">Loading messages…</p>}
        {status === "Exhausted" && messages.length === 0 && (
          <div className="empty" data-testid="no-messages">
            <p className="empty-title">It is quiet in here</p>
            <p>Say hello: everybody in #{channel.name} sees it at once.</p>
          </div>
        )}
        {status === "Exhausted" && messages.length > 0 && <p className="note">This is where #{channel.name} begins.</p>}
        <ol className="message-list" aria-live="polite" data-testid="messages">
          {messages.map((message, i) => (
            <Message key={message._id} message={message} previous={messages[i - 1]} mine={message.author === author} />
          ))}
        </ol>
      </section>
      <Composer channel={channel} author={author} />
    </>
  );
}

type MessageProps = { message: Doc<"messages">; previous: Doc<"messages"> | undefined; mine: boolean };

/** Messages of one author within five minutes are drawn as one group. */
const GROUP_MS_MAX = 5 * 60 * 1000;

function Message({ message, previous, mine }: MessageProps) {
  const continues =
    previous?.author === message.author && message._creationTime - previous._creationTime < GROUP_MS_MAX;
  const at = new Date(message._creationTime);
  return (
    <li className={`message${continues ? " continues" : ""}${mine ? " mine" : ""}`} data-testid="message">
      {continues ? <span className="avatar-gap" /> : <Avatar name={message.author} />}
      <div>
        {!continues && (
          <p className="byline">
            <strong>{message.author}</strong>
            <time dateTime={at.toISOString()}>{at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}</time>
          </p>
        )}
        <p className="body" data-testid="body">{message.body}</p>
      </div>
    </li>
  );
}

/** Keeps the newest message in view unless the reader has scrolled up. */
function useStickToEnd(newest: string | undefined) {
  const ref = useRef<HTMLElement>(null);
  const following = useRef(true);

  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const remember = () => {
      following.current = element.scrollHeight - element.scrollTop - element.clientHeight < 80;
    };
    element.addEventListener("scroll", remember);
    return () => element.removeEventListener("scroll", remember);
  }, []);

  useLayoutEffect(() => {
    if (following.current && ref.current !== null) ref.current.scrollTop = ref.current.scrollHeight;
  }, [newest]);

  return ref;
}
