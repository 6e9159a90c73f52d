import type { Subject } from "@/lib/ink/strokes";
import { stopped } from "@/text/errors";
import type { Explanation } from "./explain";
import type { Answer, FromWorker, News, RunningRelease, ToWorker } from "./messages";

export interface ClientEvents {
  /** Also when another release begins to answer. */
  onReady(release: RunningRelease): void;
  onNews(news: News): void;
  /** `subject` is the very object that was asked about. */
  onAnswer(answer: Answer, subject: Subject): void;
  /** The client is dead after this; `reason` is a sentence for the visitor. */
  onFailed(reason: string): void;
}

interface Question {
  readonly id: number;
  readonly subject: Subject;
}

/**
 * The page's side of the inference worker. One question is with the worker at a time and at most one waits, the newest:
 * latest wins, and answers never lag behind a quick hand.
 */
export class InferenceClient {
  private ready = false;
  private nextId = 0;
  private asked: Question | null = null;
  private waiting: Question | null = null;
  private forgotten: Question | null = null;
  private readonly wondering = new Map<number, (explanation: Explanation | null) => void>();

  /**
   * @param worker - Of which nobody has asked anything; the client owns it.
   */
  constructor(
    private readonly worker: Worker,
    private readonly events: ClientEvents,
  ) {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail(stopped.crashed(event.message));
    };
    worker.onmessageerror = () => this.fail(stopped.unreadable);
    this.send({ type: "load" });
  }

  /** Ask for an answer; whatever still waits is forgotten. */
  recognize(subject: Subject): void {
    this.waiting = { id: this.nextId++, subject };
    this.askNext();
  }

  /**
   * What in an image the answer comes from; null when it cannot be had.
   *
   * @param pixels - As a glyph holds them.
   */
  explain(pixels: Uint8Array<ArrayBuffer>): Promise<Explanation | null> {
    if (!this.ready) return Promise.resolve(null);
    const id = this.nextId++;
    this.send({ type: "explain", id, pixels });
    return new Promise((resolve) => this.wondering.set(id, resolve));
  }

  /** Let the release that was offered answer whatever is asked from now on. */
  accept(): void {
    this.send({ type: "accept" });
  }

  /** Want no answer any more, not even to what was asked. */
  forget(): void {
    this.waiting = null;
    this.forgotten = this.asked;
  }

  /** Stop the worker; no event follows. */
  close(): void {
    this.worker.onmessage = this.worker.onerror = this.worker.onmessageerror = null;
    this.worker.terminate();
    this.ready = false;
    for (const resolve of this.wondering.values()) resolve(null);
    this.wondering.clear();
  }

  private askNext(): void {
    if (!this.ready || this.asked !== null || this.waiting === null) return;
    this.asked = this.waiting;
    this.waiting = null;
    this.send({ type: "recognize", ...this.asked });
  }

  private receive(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.ready = true;
        this.events.onReady(message.release);
        break;
      case "answer": {
        const question = this.asked;
        if (question === null || question.id !== message.id) return;
        this.asked = null;
        if (question !== this.forgotten) this.events.onAnswer(message.answer, question.subject);
        break;
      }
      case "explanation":
        this.wondering.get(message.id)?.(message.explanation);
        this.wondering.delete(message.id);
        break;
      case "failed":
        this.fail(message.reason);
        return;
      default:
        this.events.onNews(message);
    }
    this.askNext();
  }

  private fail(reason: string): void {
    this.close();
    this.events.onFailed(reason);
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
  }
}
