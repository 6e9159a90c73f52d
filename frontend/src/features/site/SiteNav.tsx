"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import styles from "./SiteNav.module.css";

const PAGES = [
  { href: "/", name: "Draw" },
  { href: "/about", name: "About" },
] as const;

export function SiteNav() {
  const here = usePathname();
  return (
    <header className={styles.header}>
      <Link href="/" prefetch={false} className={styles.name}>
        Ink to Digit
      </Link>
      <nav aria-label="Site">
        <ul>
          {PAGES.map(({ href, name }) => (
            <li key={href}>
              <Link href={href} prefetch={false} aria-current={here === href ? "page" : undefined}>
                {name}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}
