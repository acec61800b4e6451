<?php

declare(strict_types=1);

require_once __DIR__ . '/CtiError.php';

/** Ramal's HTTP api, with the key that stays on this server. Uses curl where PHP has it, else PHP's streams. */
class RamalApi
{
    private const TIMEOUT_SEC = 4;

    private string $url;
    private string $key;

    public function __construct(string $url, string $key)
    {
        $this->url = $url;
        $this->key = $key;
    }

    /**
     * Sends JSON and returns the answer's.
     *
     * @param array<string, mixed> $body
     * @return array<string, mixed>
     * @throws CtiError with the api's code, or `unavailable` without an answer
     */
    public function post(string $path, array $body): array
    {
        $flags = JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_UNICODE;
        $json = json_encode($body, $flags);
        $headers = [
            'Content-Type: application/json',
            'Accept: application/json',
            'Authorization: Bearer ' . $this->key,
        ];
        [$status, $text] = function_exists('curl_init')
            ? $this->sendByCurl($path, $headers, $json)
            : $this->sendByStream($path, $headers, $json);

        $answer = json_decode($text, true);
        if ($status >= 200 && $status < 300 && is_array($answer)) {
            return $answer;
        }
        $error = is_array($answer) && is_array($answer['error'] ?? null) ? $answer['error'] : [];
        throw new CtiError(
            is_string($error['code'] ?? null) ? $error['code'] : 'unavailable',
            is_string($error['message'] ?? null) ? $error['message'] : 'the api answered ' . $status,
            (bool) ($error['retryable'] ?? true)
        );
    }

    /** @param list<string> $headers @return array{0: int, 1: string} */
    private function sendByCurl(string $path, array $headers, string $json): array
    {
        $handle = curl_init($this->url . $path);
        curl_setopt_array($handle, [
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => $json,
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_CONNECTTIMEOUT => 2,
            CURLOPT_TIMEOUT => self::TIMEOUT_SEC,
        ]);
        $text = curl_exec($handle);
        if (!is_string($text)) {
            throw new CtiError('unavailable', curl_error($handle), true);
        }
        return [(int) curl_getinfo($handle, CURLINFO_RESPONSE_CODE), $text];
    }

    /** @param list<string> $headers @return array{0: int, 1: string} */
    private function sendByStream(string $path, array $headers, string $json): array
    {
        $context = stream_context_create(['http' => [
            'method' => 'POST',
            'header' => implode("\r\n", array_merge($headers, ['Connection: close'])),
            'content' => $json,
            'timeout' => self::TIMEOUT_SEC,
            'follow_location' => 0,
            'ignore_errors' => true,
            'protocol_version' => 1.1,
        ]]);
        $text = @file_get_contents($this->url . $path, false, $context);
        // PHP puts the answer's head into this variable; without an answer there is none.
        $head = $http_response_header ?? [];
        if (!is_string($text) || preg_match('~^HTTP/\S+ (\d{3})~', $head[0] ?? '', $match) !== 1) {
            throw new CtiError('unavailable', 'no answer from the api', true);
        }
        return [(int) $match[1], $text];
    }
}
