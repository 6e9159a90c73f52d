import type { Metadata } from "next";
import Link from "next/link";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <article className="prose">
      <h1>A blank sheet</h1>
      <p>
        There is no page at this address.{" "}
        <Link href="/" prefetch={false}>
          Draw a digit
        </Link>{" "}
        instead.
      </p>
    </article>
  );
}
